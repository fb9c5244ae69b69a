/**
 * Defaults that an installation's server may have and that no statement may rely on. Tests and storms run on them, so
 * that a statement that relies on another default fails.
 */
export const HOSTILE_SETTINGS = {
  timezone: 'Asia/Kathmandu',
  datestyle: 'German, DMY',
  intervalstyle: 'sql_standard',
  default_transaction_isolation: 'repeatable read',
  extra_float_digits: '-10',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
};

/** The opposite: what most servers have. */
export const FRIENDLY_SETTINGS = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  default_transaction_isolation: 'read committed',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
};

/** Ignores case and accents when it sorts, and turns `I` into a dotless `ı`. */
const HOSTILE_LOCALE = 'tr-TR-u-ks-level1';

/** The end of a `create database` statement. */
export const hostileCollation = `template template0 encoding 'UTF8' locale_provider icu icu_locale '${HOSTILE_LOCALE}'`;
export const friendlyCollation = `template template0 encoding 'UTF8' locale 'C'`;

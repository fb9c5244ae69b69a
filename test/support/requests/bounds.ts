import assert from 'node:assert/strict';
import { test } from 'node:test';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import apiDocument from '../../../specs/generated/preferable/openapi.json' with { type: 'json' };
import type { Json } from '../../../tools/specs/json.ts';
import { resolveReferences } from '../../../tools/specs/resolve.ts';

/** The API document with all references resolved. */
export const api: Json = resolveReferences(apiDocument);
export const { schemas, parameters, headers } = api.components;

// Without strict mode, a misspelt keyword or an unknown format would accept every value.
export const ajv = new Ajv2020({ strictSchema: true });
addFormats.default(ajv);

interface Bounds {
  schema: Json;
  /** Each value below overrides properties of this object. Absent if the values are not objects. */
  like?: object;
  accepted: readonly unknown[];
  rejected: readonly unknown[];
}

/** Declares a test of the values that a schema accepts and rejects. */
export function bounds(of: string, { schema, like, accepted, rejected }: Bounds): void {
  test(`the contract accepts and rejects the right values for ${of}`, () => {
    const validate = ajv.compile(schema);
    const sent = (value: unknown) => asSent(like ? { ...like, ...(value as object) } : value);
    assert.deepEqual(
      accepted.filter((value) => !validate(sent(value))),
      [],
      'rejected, but must be accepted',
    );
    assert.deepEqual(
      rejected.filter((value) => validate(sent(value))),
      [],
      'accepted, but must be rejected',
    );
  });
}

/** Drops undefined properties, as JSON does. */
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

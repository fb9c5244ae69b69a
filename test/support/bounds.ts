import assert from 'node:assert/strict';
import { test } from 'node:test';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import apiDocument from '../../specs/generated/preferable/openapi.json' with { type: 'json' };
import type { Json } from '../../tools/specs/json.ts';
import { resolved } from '../../tools/specs/resolve.ts';

/** The API document with everything in its place. */
export const api: Json = resolved(apiDocument);
export const { schemas, parameters, headers } = api.components;

// Strict: a misspelt keyword or an unknown format would let everything pass.
export const ajv = new Ajv2020({ strictSchema: true });
addFormats.default(ajv);

interface Bounds {
  schema: Json;
  /** What the values are like: each of them is this with some properties changed. Absent for values that are no objects. */
  like?: object;
  taken: readonly unknown[];
  refused: readonly unknown[];
}

/** A test of what a schema takes and what it refuses. */
export function bounds(of: string, { schema, like, taken, refused }: Bounds): void {
  test(`the contract draws the bounds of ${of}`, () => {
    const validate = ajv.compile(schema);
    const arriving = (value: unknown) => asSent(like ? { ...like, ...(value as object) } : value);
    assert.deepEqual(
      taken.filter((value) => !validate(arriving(value))),
      [],
      'is to be taken',
    );
    assert.deepEqual(
      refused.filter((value) => validate(arriving(value))),
      [],
      'is to be refused',
    );
  });
}

/** What is undefined is not sent. */
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

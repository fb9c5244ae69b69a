import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec, type PayloadKeys } from './payload-codec.ts';

/** The workflow bundle needs this path too, because failures are created inside the sandbox. */
export const failureConverterPath = fileURLToPath(new URL('failure-converter.ts', import.meta.url));

/** All clients and workers must use the same data converter. It encrypts if there are keys. */
export const dataConverterOf = (keys: PayloadKeys | undefined): DataConverter =>
  keys ? { failureConverterPath, payloadCodecs: [createPayloadCodec(keys)] } : {};

import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec, type PayloadKeys } from './payload-codec.ts';

/** For the bundle of the workflows, whose failures are made in their sandbox. */
export const failureConverterPath = fileURLToPath(new URL('failure-converter.ts', import.meta.url));

/** How every client and every worker writes what Temporal stores. Without keys: as it is. */
export const dataConverterOf = (keys: PayloadKeys | undefined): DataConverter =>
  keys ? { failureConverterPath, payloadCodecs: [createPayloadCodec(keys)] } : {};

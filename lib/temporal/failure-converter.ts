import { DefaultFailureConverter } from '@temporalio/common';

/** Moves failure messages and stacks into a payload, where the codec encrypts them. Loaded by path. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

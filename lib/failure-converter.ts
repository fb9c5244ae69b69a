import { DefaultFailureConverter } from '@temporalio/common';

/** Puts the message and the stack of a failure into a payload, where a codec reaches them. Loaded by its path, also into the workflows' sandbox. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });

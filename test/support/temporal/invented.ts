/** Starts workflows with invented input, as anyone who reaches Temporal can. */
import assert from 'node:assert/strict';
import { register } from 'prom-client';
import { cancelWorkflowId, orderWorkflowId, type OrderInput } from '../../../specs/temporal.ts';
import { eventually } from '../eventually.ts';
import type { World } from '../fakes/world.ts';
import { temporal } from './workflows.ts';

export const { workflow } = temporal.client;

export const invent = (type: 'order' | 'cancellation', taskQueue: string, input: object, workflowId: string) =>
  workflow.start(type, { taskQueue, workflowId, args: [input] });
export const inventOrder = (taskQueue: string, world: World, claim: Partial<OrderInput> = {}) =>
  invent('order', taskQueue, { ...world.input, ...claim }, orderWorkflowId(world.orderId));
export const inventCancellation = (taskQueue: string, world: World, cause: string) =>
  invent('cancellation', taskQueue, { ...world.input, cause }, cancelWorkflowId(world.orderId));

export const contradictionsOf = async (property: string): Promise<number> =>
  (await register.getSingleMetric('order_contradictions_total')!.get()).values.find(
    ({ labels }) => labels['property'] === property,
  )?.value ?? 0;

/** Waits until an attempt of the step has failed in this way. */
export const waitsFor = (workflowId: string, activity: string, failure: RegExp) =>
  eventually(async () => {
    const { raw } = await workflow.getHandle(workflowId).describe();
    const [pending] = raw.pendingActivities ?? [];
    assert.deepEqual(pending?.activityType?.name, activity);
    assert.match(pending?.lastFailure?.message ?? '', failure);
  });

export type BareActivities = typeof bareActivities;

/** Stand-ins that do nothing, for the activities of an order. */
export const bareActivities = {
  charge: async () => ({ outcome: 'CHARGED' }),
  settle: async () => ({ status: 'SUCCESS' }),
  announce: async () => {},
};

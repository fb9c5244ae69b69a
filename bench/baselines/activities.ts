export type BareActivities = typeof bareActivities;

/** The steps of an order, doing nothing. */
export const bareActivities = {
  charge: async () => ({ outcome: 'CHARGED' }),
  settle: async () => ({ status: 'SUCCESS' }),
  announce: async () => {},
};

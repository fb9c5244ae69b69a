export { order } from './order.ts';
export { profile } from './profile.ts';

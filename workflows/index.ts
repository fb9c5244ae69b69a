export { cancellation } from './cancellation.ts';
export { order } from './order.ts';
export { profile } from './profile.ts';

import { setTimeout as sleep } from 'node:timers/promises';
import type { Book, BookedMovement, BookedNotification, BookedOrder, BookedOutcome, Drift } from './book.ts';
import { driftsOf } from './rules.ts';

export interface AuditPorts {
  orders: { owners: Owners; ofOwner(ownerId: string): Promise<BookedOrder[]> };
  billing: {
    owners: Owners;
    ofOwner(ownerId: string): Promise<{ account: Book['account']; movements: BookedMovement[]; outcomes: BookedOutcome[] }>;
  };
  notifications: { owners: Owners; ofOwner(ownerId: string): Promise<BookedNotification[]> };
  /** What Temporal says about the workflows of orders. */
  workflows: { driftsOf(order: BookedOrder): Promise<Array<Omit<Drift, 'ownerId' | 'orderId'>>> };
}

/** Pages of owner ids in ascending order, from behind the given one. */
type Owners = (after: string | undefined, limit: number) => Promise<string[]>;

export interface AuditReport {
  owners: number;
  orders: number;
  inProgress: number;
  drifts: Drift[];
}

const PAGE = 200;
/** What is under way looks like drift for a moment: a buyer is told within seconds of the order's end. */
const SETTLE_MS = 2_000;
const LOOKS_MAX = 5;

/** Compares orders, ledger, outcomes, workflows and notifications, buyer by buyer. It settles nothing. Only drift that stays is reported. */
export async function audit(ports: AuditPorts, { looksMax = LOOKS_MAX, settleMs = SETTLE_MS } = {}): Promise<AuditReport> {
  const report: AuditReport = { owners: 0, orders: 0, inProgress: 0, drifts: [] };
  for await (const ownerId of allOwners(ports)) {
    let book = await bookOf(ports, ownerId);
    let drifts = await allDrifts(ports, book);
    for (let look = 1; drifts.length > 0 && look < looksMax; look++) {
      await sleep(settleMs);
      book = await bookOf(ports, ownerId);
      drifts = await allDrifts(ports, book);
    }
    report.owners++;
    report.orders += book.orders.length;
    report.inProgress += book.orders.filter(({ status }) => status === 'IN_PROGRESS').length;
    report.drifts.push(...drifts);
  }
  return report;
}

/** Each buyer whom any service knows, once: a charge or a message without an order is drift too. */
async function* allOwners({ orders, billing, notifications }: AuditPorts): AsyncGenerator<string> {
  const sources = [orders.owners, billing.owners, notifications.owners];
  for (let after: string | undefined; ;) {
    const pages = await Promise.all(sources.map((owners) => owners(after, PAGE)));
    // Beyond the end of the shortest full page, a page may lack owners that it would still have to name.
    const ends = pages.filter((page) => page.length === PAGE).map((page) => page.at(-1)!);
    const end = ends.toSorted()[0];
    const owners = [...new Set(pages.flat())].filter((owner) => end === undefined || owner <= end).toSorted();
    yield* owners;
    if (end === undefined) return;
    after = end;
  }
}

/** Read in the order in which things happen, last first: what one part has heard of, the part before it must have. */
async function bookOf({ orders, billing, notifications }: AuditPorts, ownerId: string): Promise<Book> {
  const told = await notifications.ofOwner(ownerId);
  const placed = await orders.ofOwner(ownerId);
  const { account, movements, outcomes } = await billing.ofOwner(ownerId);
  return { ownerId, orders: placed, account, movements, outcomes, notifications: told };
}

async function allDrifts({ workflows }: AuditPorts, book: Book): Promise<Drift[]> {
  const drifts = driftsOf(book);
  for (const order of book.orders) {
    const found = await workflows.driftsOf(order);
    drifts.push(...found.map((drift) => ({ ...drift, ownerId: book.ownerId, orderId: order.id })));
  }
  return drifts;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { chargeKey } from '../../specs/identity.ts';
import type {
  Announcing,
  Book,
  BookedMovement,
  BookedNotification,
  BookedOrder,
  BookedOutcome,
  Drift,
} from './book.ts';
import { driftsOf } from './rules.ts';
import type { WorkflowFindings } from './workflows.ts';

export interface AuditPorts {
  orders: { owners: Owners; ofOwner(ownerId: string): Promise<BookedOrder[]> };
  billing: {
    owners: Owners;
    ofOwner(
      ownerId: string,
    ): Promise<{ account: Book['account']; movements: BookedMovement[]; outcomes: BookedOutcome[] }>;
  };
  notifications: { owners: Owners; ofOwner(ownerId: string): Promise<BookedNotification[]> };
  /** What Temporal says about the workflows of orders. */
  workflows: {
    compare(ownerId: string, orders: readonly BookedOrder[]): Promise<WorkflowFindings>;
    /** The buyers of all orders that Temporal remembers. */
    owners(): Promise<Set<string>>;
  };
  /** The indexes that do not hold what they promise, by database. */
  indexes: ReadonlyArray<{ database: string; invalid(): Promise<string[]> }>;
}

/** Pages of owner ids in ascending order, from behind the given one. */
type Owners = (after: string | undefined, limit: number) => Promise<string[]>;

export interface AuditReport {
  owners: number;
  orders: number;
  inProgress: number;
  drifts: Drift[];
}

export interface Patience {
  /** How often what looks like drift is looked at, and how long is waited in between. */
  looksMax?: number;
  settleMs?: number;
  /** Aborted when nobody wants to know any more. */
  signal?: AbortSignal;
}

const PAGE = 200;
/** What is under way looks like drift for a moment: a buyer is told within seconds of the order's end. */
const SETTLE_MS = 2_000;
const LOOKS_MAX = 5;

/** Compares orders, ledger, outcomes, workflows and notifications of all buyers. It settles nothing. */
export const audit = async (ports: AuditPorts, patience: Patience = {}): Promise<AuditReport> =>
  compare(ports, everyOwner(ports), patience);

/**
 * Compares what is known of these buyers, and of the indexes. Reported is the drift that was there at every look: all that looked
 * like drift is looked at again together, so that a thousand buyers who drift take no longer than one.
 */
export async function compare(
  ports: AuditPorts,
  owners: AsyncIterable<string> | Iterable<string>,
  patience: Patience = {},
): Promise<AuditReport> {
  const { looksMax = LOOKS_MAX, settleMs = SETTLE_MS, signal } = patience;
  const report: AuditReport = { owners: 0, orders: 0, inProgress: 0, drifts: [] };
  const suspects = new Map<string | undefined, Drift[]>();
  const suspect = (ownerId: string | undefined, drifts: Drift[]) =>
    drifts.length > 0 ? suspects.set(ownerId, drifts) : suspects.delete(ownerId);

  suspect(undefined, await indexDrifts(ports));
  for await (const ownerId of owners) {
    signal?.throwIfAborted();
    const { book, drifts, announcing } = await lookAt(ports, ownerId);
    report.owners++;
    report.orders += book.orders.length;
    report.inProgress += book.orders.filter(({ status }) => status === 'IN_PROGRESS').length + announcing.size;
    suspect(ownerId, drifts);
  }
  for (let look = 1; suspects.size > 0 && look < looksMax; look++) {
    await sleep(settleMs, undefined, { signal });
    for (const [ownerId, before] of suspects) {
      signal?.throwIfAborted();
      const now = ownerId === undefined ? await indexDrifts(ports) : (await lookAt(ports, ownerId)).drifts;
      const known = new Set(before.map(nameOf));
      suspect(
        ownerId,
        now.filter((drift) => known.has(nameOf(drift))),
      );
    }
  }
  report.drifts = [...suspects.values()].flat();
  return report;
}

/** What stays the same of a drift that stays. Of a buyer's account and list it is not the words: they hold numbers that go on changing. */
const nameOf = ({ invariant, ownerId, orderId = '', key = orderId, what }: Drift): string =>
  ownerId !== undefined && key === '' ? invariant : `${invariant} ${key} ${what}`;

/** Each buyer whom any service knows, once, from behind the given one: a charge or a message without an order is drift too. */
export async function* ownersFrom(
  { orders, billing, notifications }: AuditPorts,
  first?: string,
): AsyncGenerator<string, void, undefined> {
  const sources = [orders.owners, billing.owners, notifications.owners];
  for (let after = first; ;) {
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

/** And those whose every trace but the workflow was lost. */
async function* everyOwner(ports: AuditPorts): AsyncGenerator<string, void, undefined> {
  const unknown = await ports.workflows.owners();
  for await (const owner of ownersFrom(ports)) {
    unknown.delete(owner);
    yield owner;
  }
  yield* unknown;
}

async function lookAt(
  ports: AuditPorts,
  ownerId: string,
): Promise<{ book: Book; drifts: Drift[]; announcing: Announcing }> {
  const book = await bookOf(ports, ownerId);
  const { drifts: found, announcing } = await ports.workflows.compare(ownerId, book.orders);
  // A charge whose order is gone from its database may still be named by the order's workflow.
  const named = new Map(found.flatMap(({ orderId }) => (orderId ? [[chargeKey(orderId), orderId]] : [])));
  const drifts = driftsOf(book, announcing).map((drift) => {
    const orderId = drift.key && named.get(drift.key);
    return orderId ? { ...drift, orderId } : drift;
  });
  return { book, drifts: [...drifts, ...found.map((drift) => ({ ...drift, ownerId }))], announcing };
}

/** Read in the order in which things happen, last first: what one part has heard of, the part before it must have. */
async function bookOf({ orders, billing, notifications }: AuditPorts, ownerId: string): Promise<Book> {
  const told = await notifications.ofOwner(ownerId);
  const placed = await orders.ofOwner(ownerId);
  const { account, movements, outcomes } = await billing.ofOwner(ownerId);
  return { ownerId, orders: placed, account, movements, outcomes, notifications: told };
}

/** An index whose building failed stays, is used by nobody, and lets duplicates in: a later build that finds its name passes over it. */
async function indexDrifts({ indexes }: AuditPorts): Promise<Drift[]> {
  const found = await Promise.all(
    indexes.map(async ({ database, invalid }) => {
      const names = await invalid().catch((cause: NodeJS.ErrnoException) => {
        throw new Error(`the ${database} database does not answer: ${cause.message || cause.code}`, { cause });
      });
      return names.map((index): Drift => ({
        invariant: 'I21',
        what: `the index ${index} of the ${database} database is not valid: drop it and build it anew`,
      }));
    }),
  );
  return found.flat();
}

import { setTimeout as sleep } from 'node:timers/promises';
import { chargeKey } from '../../specs/identity.ts';
import type {
  Announcing,
  AuditData,
  AuditedMovement,
  AuditedNotification,
  AuditedOrder,
  AuditedOutcome,
  Drift,
} from './findings.ts';
import { indexDrifts, type Indexes } from './index-drifts.ts';
import { driftsOf } from './rules.ts';
import { createTolerance, type Unchecked } from './unchecked.ts';
import type { WorkflowFindings } from './workflow-rules.ts';

export interface AuditPorts {
  orders: { owners: Owners; ofOwner(ownerId: string): Promise<AuditedOrder[]> };
  billing: {
    owners: Owners;
    ofOwner(
      ownerId: string,
    ): Promise<{ account: AuditData['account']; movements: AuditedMovement[]; outcomes: AuditedOutcome[] }>;
  };
  notifications: { owners: Owners; ofOwner(ownerId: string): Promise<AuditedNotification[]> };
  workflows: {
    compare(ownerId: string, orders: readonly AuditedOrder[]): Promise<WorkflowFindings>;
    /** Workflows that name no buyer. */
    ownerless(): Promise<Array<Omit<Drift, 'ownerId'>>>;
    /** Buyers of all orders whose workflow Temporal still has. */
    owners(): Promise<Set<string>>;
  };
  indexes: readonly Indexes[];
}

/** Lists owner ids in ascending order, starting after the id `after`. */
type Owners = (after: string | undefined, limit: number) => Promise<string[]>;

export interface AuditReport {
  owners: number;
  orders: number;
  inProgress: number;
  drifts: Drift[];
  /** Buyers about whom the audit says nothing, because their data could not be read. */
  unchecked: Unchecked;
}

/** How long a mismatch must last before it is reported. */
export interface Patience {
  checksMax?: number;
  pauseMs?: number;
  signal?: AbortSignal;
}

const PAGE = 200;
/** Pause between two checks. Work in flight looks like drift: a buyer is notified seconds after the order is final. */
const PAUSE_MS = 2_000;
const CHECKS_MAX = 5;

/** Audits all buyers. Changes nothing. */
export const audit = async (ports: AuditPorts, patience: Patience = {}): Promise<AuditReport> =>
  compare(ports, everyOwner(ports), patience);

/**
 * Checks these buyers, the indexes and the workflows without a buyer. Reports only drift that every check finds. After
 * each pause, all suspects are checked again, so a thousand suspects need no more pauses than one. A buyer who cannot be
 * checked does not end the audit of the others. Rejects if no buyer can be checked, because then a service is down.
 */
export async function compare(
  ports: AuditPorts,
  owners: AsyncIterable<string> | Iterable<string>,
  patience: Patience = {},
): Promise<AuditReport> {
  const { checksMax = CHECKS_MAX, pauseMs = PAUSE_MS, signal } = patience;
  const { unchecked, tryCheck, startPass, throwIfNone, isHopeless } = createTolerance();
  const report: AuditReport = { owners: 0, orders: 0, inProgress: 0, drifts: [], unchecked };
  const suspects = new Map<string | undefined, Drift[]>();
  const setSuspect = (ownerId: string | undefined, drifts: Drift[]) =>
    drifts.length > 0 ? suspects.set(ownerId, drifts) : suspects.delete(ownerId);

  setSuspect(undefined, await ownerlessDrifts(ports));
  for await (const ownerId of owners) {
    signal?.throwIfAborted();
    const found = await tryCheck(ownerId, () => checkOwner(ports, ownerId));
    if (isHopeless()) break;
    if (!found) continue;
    const { data, drifts, announcing } = found;
    report.owners++;
    report.orders += data.orders.length;
    report.inProgress += data.orders.filter(({ status }) => status === 'IN_PROGRESS').length + announcing.size;
    setSuspect(ownerId, drifts);
  }
  throwIfNone();
  for (let checks = 1; suspects.size > 0 && checks < checksMax; checks++) {
    await sleep(pauseMs, undefined, { signal });
    startPass();
    for (const [ownerId, before] of suspects) {
      signal?.throwIfAborted();
      const now =
        ownerId === undefined
          ? await ownerlessDrifts(ports)
          : (await tryCheck(ownerId, () => checkOwner(ports, ownerId)))?.drifts;
      if (!now) {
        suspects.delete(ownerId);
        continue;
      }
      const known = new Set(before.map(identityOf));
      setSuspect(
        ownerId,
        now.filter((drift) => known.has(identityOf(drift))),
      );
    }
  }
  report.drifts = [...suspects.values()].flat();
  return report;
}

/**
 * Recognizes the same drift in two checks. The text of account and list drifts contains numbers that change, so those
 * are recognized by their invariant alone.
 */
const identityOf = ({ invariant, ownerId, orderId = '', key = orderId, what }: Drift): string =>
  ownerId !== undefined && key === '' ? invariant : `${invariant} ${key} ${what}`;

/**
 * Buyers whom any service knows, with ids after `first`. The orders service is not enough, because a charge or
 * notification without an order is drift too.
 */
export async function* ownersFrom(
  { orders, billing, notifications }: AuditPorts,
  first?: string,
): AsyncGenerator<string, void, undefined> {
  const sources = [orders.owners, billing.owners, notifications.owners];
  for (let after = first; ;) {
    const pages = await Promise.all(sources.map((owners) => owners(after, PAGE)));
    // If a page is full, its service may know more owners after the last one on it. So this round yields owners only
    // up to the lowest last owner of all full pages; the next round continues there.
    const ends = pages.filter((page) => page.length === PAGE).map((page) => page.at(-1)!);
    const end = ends.toSorted()[0];
    const owners = [...new Set(pages.flat())].filter((owner) => end === undefined || owner <= end).toSorted();
    yield* owners;
    if (end === undefined) return;
    after = end;
  }
}

/** The buyers whom any service knows, then those whom only Temporal still knows. */
async function* everyOwner(ports: AuditPorts): AsyncGenerator<string, void, undefined> {
  const unknown = await ports.workflows.owners();
  for await (const owner of ownersFrom(ports)) {
    unknown.delete(owner);
    yield owner;
  }
  yield* unknown;
}

async function checkOwner(
  ports: AuditPorts,
  ownerId: string,
): Promise<{ data: AuditData; drifts: Drift[]; announcing: Announcing }> {
  const data = await readData(ports, ownerId);
  const { drifts: found, announcing } = await ports.workflows.compare(ownerId, data.orders);
  // A charge whose order row is lost has only a key. If the order's workflow still exists, its id contains the order's id.
  const named = new Map(found.flatMap(({ orderId }) => (orderId ? [[chargeKey(orderId), orderId]] : [])));
  const drifts = driftsOf(data, announcing).map((drift) => {
    const orderId = drift.key && named.get(drift.key);
    return orderId ? { ...drift, orderId } : drift;
  });
  return { data, drifts: [...drifts, ...found.map((drift) => ({ ...drift, ownerId }))], announcing };
}

/**
 * Reads in the reverse order of events: a notification implies a final order, which is read next, and a final order
 * implies an outcome in billing, which is read last.
 */
async function readData({ orders, billing, notifications }: AuditPorts, ownerId: string): Promise<AuditData> {
  const sent = await notifications.ofOwner(ownerId);
  const placed = await orders.ofOwner(ownerId);
  const { account, movements, outcomes } = await billing.ofOwner(ownerId);
  return { ownerId, orders: placed, account, movements, outcomes, notifications: sent };
}

/** Drifts without a buyer, and drifts of buyers whom the app does not know. */
const ownerlessDrifts = async ({ indexes, workflows }: AuditPorts): Promise<Drift[]> => [
  ...(await indexDrifts(indexes)),
  ...(await workflows.ownerless()),
];

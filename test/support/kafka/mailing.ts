/** Notifications and a mail server whose replies a test chooses. Each test of an importing file gets new ones. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'node:test';
import { eventually } from '../eventually.ts';
import { startSmtp } from '../fakes/smtp-server.ts';
import { notificationOf, profilesWithAddress, startNotifications, type Notifications } from './notifications.ts';

const profiles = profilesWithAddress('ada@example.org');
/** Matches what no log line and no stored reason may contain. */
export const personal = /ada@|example\.org/;

export let notifications: Notifications;
export let smtp: Awaited<ReturnType<typeof startSmtp>>;
let sender: { close(): Promise<void> } | undefined;

beforeEach(async () => {
  [notifications, smtp] = await Promise.all([startNotifications(), startSmtp()]);
});
afterEach(async () => {
  await sender?.close();
  await smtp.close();
  await notifications.close();
});

export const startSender = (rest: Partial<Parameters<Notifications['startSender']>[0]> = {}) =>
  (sender = notifications.startSender({ smtpUrl: smtp.url, profiles, ...rest }));
export const recordMails = async (count: number) => {
  for (let n = 0; n < count; n++) await notifications.store.record(notificationOf(randomUUID()));
};
export const untilRows = (check: (row: Awaited<ReturnType<Notifications['rows']>>[number]) => boolean) =>
  eventually(async () => {
    const rows = await notifications.rows();
    assert.ok(rows.every(check), JSON.stringify(rows));
    return rows;
  });

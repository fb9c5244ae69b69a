import { notificationsApi } from '../api/notifications/app.ts';
import { consumeOrderEvents } from '../api/notifications/consumer.ts';
import { createMailer, hostOf } from '../api/notifications/mailer.ts';
import { exportPending } from '../api/notifications/metrics.ts';
import { consumeProfileUpdates } from '../api/notifications/profile-updates.ts';
import { createProfiles } from '../api/notifications/profiles.ts';
import { createSender } from '../api/notifications/sender.ts';
import { createNotificationStore } from '../api/notifications/store.ts';
import { ConfigFault, converted, group, text, url, wholeNumber } from '../lib/config.ts';
import { createHttpClient } from '../lib/http/client.ts';
import { createEventCodec } from '../lib/kafka/events.ts';
import { createTransport } from '../lib/kafka/transport.ts';
import { eventDocument, restDocument } from './contract.ts';
import { serviceIdentity, verifierOf, verifierReaders } from './identity.ts';
import { address, databaseOf, databaseUrl, defineRole, kafkaReaders, runningOf, serve, urlOf } from './role.ts';

const PROFILE_DEADLINE_MS = 2_000;
const HOUR_S = 3_600;

const smtpUrl = converted(url('SMTP_URL', 'mail server, `smtp://…` or `smtps://…`'), (value) => {
  if (!/^smtps?:$/.test(new URL(value).protocol)) throw new ConfigFault('SMTP_URL must start with smtp:// or smtps://');
  return value;
});

const mailFrom = converted(text('MAIL_FROM', 'sender: an address, or a name with an address'), (value) => {
  try {
    hostOf(value);
    return value;
  } catch {
    throw new ConfigFault(`MAIL_FROM must be an email address, optionally with a name, not "${value}"`);
  }
});

export const notifications = defineRole({
  name: 'notifications',
  readers: (sameProcess) => ({
    ...address('NOTIFICATIONS_PORT'),
    ...verifierReaders(sameProcess),
    databaseUrl: databaseUrl('notifications'),
    usersUrl: urlOf('users', sameProcess),
    identity: serviceIdentity('notifications'),
    smtpUrl,
    mailFrom,
    profileWaitS: wholeNumber('PROFILE_WAIT_S', "how long a mail waits for the buyer's profile", {
      min: 1,
      max: 30 * 24 * HOUR_S,
      otherwise: HOUR_S,
    }),
    mailsPerAddressAndHour: wholeNumber(
      'MAILS_PER_ADDRESS_AND_HOUR',
      'maximum number of mails to one address in an hour, even if several buyers use it; further mails wait',
      { min: 1, max: 1_000_000, otherwise: 60 },
    ),
    kafka: group(kafkaReaders),
  }),
  start: async (config, shared) => {
    const { log } = shared;
    const database = await databaseOf(config.databaseUrl, shared);
    const store = createNotificationStore(database);
    const users = createHttpClient({
      baseUrl: config.usersUrl(shared),
      deadlineMs: PROFILE_DEADLINE_MS,
      token: config.identity.tokensFor('users'),
    });
    const mailer = createMailer({ smtpUrl: config.smtpUrl, from: config.mailFrom });
    const transport = createTransport({ ...config.kafka, clientId: 'notifications', log });
    const publisher = transport.createPublisher();

    const sender = createSender({
      store,
      profiles: createProfiles(users),
      mailer,
      log,
      profileWaitMs: config.profileWaitS * 1000,
      perAddressAndHourMax: config.mailsPerAddressAndHour,
    });
    const consuming = { transport, publisher, codec: createEventCodec(eventDocument), store, log };
    const consumptions = [
      consumeOrderEvents({ ...consuming, onRecorded: sender.wake }),
      consumeProfileUpdates({ ...consuming, onAwaited: sender.wakeLookups }),
    ];
    const endExport = exportPending(store);
    const checks = [
      { name: 'database', probe: database.check, needed: true },
      { name: 'kafka', probe: transport.check, needed: false },
      ...consumptions.flatMap(({ topics }) =>
        topics.map(({ topic, check }) => ({ name: topic, probe: check, needed: false })),
      ),
      { name: 'smtp', probe: mailer.check, needed: false },
    ];
    const api = notificationsApi({
      store,
      document: restDocument,
      verify: verifierOf('notifications', config, shared),
    });
    const listener = await serve(shared, config, { role: 'notifications', checks, middleware: [api] });
    return runningOf(
      listener,
      { close: endExport },
      ...consumptions,
      sender,
      publisher,
      transport,
      mailer,
      users,
      store,
      database,
    );
  },
});

import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePorts } from './ports.ts';
import { startServer, untilVacant } from './server.ts';
import type { Server } from './server.ts';
import { portNeed } from './settings.ts';

export interface MailOptions {
  dataDir: string;
  smtpPort?: number | undefined;
  webPort?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface MailServer extends Server {
  readonly smtpPort: number;
  readonly webPort: number;
  /** As in SMTP_URL. */
  readonly smtpUrl: string;
  /** The page that shows the mails; `/api/email` on it answers them as JSON. */
  readonly webUrl: string;
}

const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5000;
const ANSWER_WITHIN_MS = 2000;
/** Older ones go, so that an inbox in use for long does not slow the start. */
const MAILS_MAX = 1000;

/** A real SMTP server that keeps all mail for itself and shows it on a page; a second start finds the mails of the first. */
export async function startMail(options: MailOptions): Promise<MailServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  await untilVacant('mail', dataDir);
  const { smtp, web } = await choosePorts(join(dataDir, 'ports.json'), {
    smtp: portNeed('mailSmtp', options.smtpPort),
    web: portNeed('mailWeb', options.webPort),
  });
  const server = await startServer({
    name: 'mail',
    dataDir,
    file: process.execPath,
    args: [maildevProgram(), ...maildevArgs(smtp, web, join(dataDir, 'mails'))],
    env: { PATH: process.env['PATH'] },
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    answers: () => Promise.all([greets(smtp), lists(web)]),
    signal: options.signal,
  });
  return {
    ...server,
    smtpPort: smtp,
    webPort: web,
    smtpUrl: `smtp://127.0.0.1:${smtp}`,
    webUrl: `http://127.0.0.1:${web}`,
  };
}

function maildevProgram(): string {
  return fileURLToPath(new URL('bin/maildev.js', import.meta.resolve('maildev')));
}

function maildevArgs(smtp: number, web: number, folder: string): string[] {
  const options = {
    smtp,
    ip: '127.0.0.1',
    web,
    'web-ip': '127.0.0.1',
    // Its certificate is nobody's: a client that is offered TLS would take it and then, rightly, not trust it.
    'hide-extensions': 'STARTTLS',
    'mail-directory': folder,
    'max-emails': MAILS_MAX,
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

async function greets(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', timeout: ANSWER_WITHIN_MS });
  socket.once('timeout', () => socket.destroy(new Error('no greeting')));
  try {
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    if (!greeting.toString().startsWith('220')) throw new Error('not a mail server');
    socket.end('QUIT\r\n');
  } finally {
    socket.destroySoon();
  }
}

async function lists(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/email`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the inbox answers ${answer.status}`);
}

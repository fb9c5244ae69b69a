import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { portNeed } from '../launch/settings.ts';
import { startServer, waitForPredecessor, type Server } from '../supervise/server.ts';
import { INBOX_USER, inboxPassword } from './mail-password.ts';
import { basic } from './page-guard.ts';
import { choosePorts } from './ports.ts';

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
  /** The inbox page. It asks for `INBOX_USER` and the password. */
  readonly webUrl: string;
  readonly password: string;
  /** The inbox with its user and password, for programs: `/api/email` on it returns the mails as JSON. */
  readonly inboxUrl: string;
}

const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5000;
const RESPONSE_TIMEOUT_MS = 2000;
const PROGRAM = join(import.meta.dirname, 'mail-program.ts');

/** Starts an SMTP server with a web inbox; a later start on the same folder finds its mails. */
export async function startMail(options: MailOptions): Promise<MailServer> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  await waitForPredecessor('mail', dataDir);
  const { smtp, web } = await choosePorts(join(dataDir, 'ports.json'), {
    smtp: portNeed('mailSmtp', options.smtpPort),
    web: portNeed('mailWeb', options.webPort),
  });
  const password = await inboxPassword(dataDir);
  const server = await startServer({
    name: 'mail',
    dataDir,
    file: process.execPath,
    args: [PROGRAM, String(smtp), String(web), dataDir],
    env: { PATH: process.env['PATH'] },
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    probe: () => Promise.all([greets(smtp), lists(web, password)]),
    signal: options.signal,
  });
  return {
    ...server,
    smtpPort: smtp,
    webPort: web,
    smtpUrl: `smtp://127.0.0.1:${smtp}`,
    webUrl: `http://127.0.0.1:${web}`,
    password,
    inboxUrl: `http://${INBOX_USER}:${password}@127.0.0.1:${web}`,
  };
}

async function greets(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', timeout: RESPONSE_TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error('no greeting')));
  try {
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    if (!greeting.toString().startsWith('220')) throw new Error('not a mail server');
    socket.end('QUIT\r\n');
  } finally {
    socket.destroySoon();
  }
}

async function lists(port: number, password: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/email/summary?limit=1`, {
    headers: { authorization: basic(INBOX_USER, password) },
    signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`the inbox returned ${response.status}`);
}

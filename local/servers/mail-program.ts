/**
 * The mail server as a process: `mail-program.ts <smtp port> <web port> <folder>`. It assembles the parts of maildev.
 * maildev's own program is not used, because it lets pages of any site read and delete the mails.
 */
import { join } from 'node:path';
import { createAPIServer } from '@maildev/api';
import { FileStorage } from '@maildev/core';
import { createSMTPServer } from '@maildev/smtp';
import { registerUI } from '@maildev/ui/server';
import { INBOX_USER, inboxPassword } from './mail-password.ts';
import { guardServer, refusePages, requirePassword } from './page-guard.ts';

const HOST = '127.0.0.1';
/** A larger inbox would slow the start. */
const MAILS_MAX = 1000;

const [smtpPort, webPort, folder] = process.argv.slice(2);
if (!folder) throw new Error('Usage: mail-program.ts <smtp port> <web port> <folder>');

const mailDir = join(folder, 'mails');
const storage = new FileStorage({ mailDirectory: mailDir, maxEmails: MAILS_MAX });
await storage.initialize();
const smtp = createSMTPServer({
  port: Number(smtpPort),
  host: HOST,
  storage,
  mailDir,
  // If the server offered STARTTLS, clients would use it and then reject the untrusted certificate.
  hideExtensions: ['STARTTLS'],
  logger: false,
});
smtp.on('error', (error: Error) => console.error(error.message));
await smtp.start();
await smtp.pruneMailDir(MAILS_MAX);
await smtp.loadMailsFromDirectory();

const web = createAPIServer({ port: Number(webPort), host: HOST, storage, smtp, cors: { origin: false } });
await web.registerPlugins();
await registerUI(web.server);
guardServer(web.server.server, [refusePages, requirePassword(INBOX_USER, await inboxPassword(folder))]);
await web.listen();

process.once('SIGTERM', () => void stop());

async function stop(): Promise<void> {
  await web.stop();
  await smtp.stop();
  await storage.close();
  process.exit(0);
}

import { mailsCommand } from '../../operator/mails/command.ts';
import { runLocally } from './command.ts';

await runLocally(mailsCommand);

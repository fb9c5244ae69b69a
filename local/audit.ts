import { auditCommand } from '../bin/audit/run.ts';
import { runLocally } from './command.ts';

await runLocally(auditCommand);

import { auditCommand } from '../../operator/audit/command.ts';
import { runLocally } from './command.ts';

await runLocally(auditCommand);

import { auditCommand } from '../bin/audit/run.ts';
import { runHere } from './command.ts';

await runHere(auditCommand);

#!/usr/bin/env node
import { auditCommand } from './audit/run.ts';
import { end } from './command.ts';

end(await auditCommand(process.argv.slice(2), process.env));

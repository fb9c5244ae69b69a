import { Listr, PRESET_TIMER } from 'listr2';
import { startApp } from './app.ts';
import { applyMigrations, createMissingTopics } from './preparation.ts';
import type { Server } from './server.ts';
import type { Step } from './stack-steps.ts';
import type { Stack } from './stack.ts';

export interface BringUp {
  stack: Stack;
  dir: string;
  /** What the app gets besides the stack's variables. */
  env: NodeJS.ProcessEnv;
  url: string;
  signal: AbortSignal;
}

/** Everything from nothing to a ready app, shown step by step with times: live on a terminal, as plain lines elsewhere. */
export async function bringUp({ stack, dir, env, url, signal }: BringUp): Promise<Server> {
  let app: Server | undefined;
  const tasks = new Listr(
    [
      { title: 'Servers', task: (_, task) => task.newListr(stack.steps.map(serverTask), { concurrent: true }) },
      {
        title: 'Databases and topics',
        task: async (_, task) => {
          const [migrations, topics] = await Promise.all([applyMigrations(stack.env()), createMissingTopics(stack.env())]);
          task.title += `: ${migrations.length} migrations applied, ${topics.length} topics made`;
        },
      },
      { title: 'The app, all roles', task: async () => void (app = await startApp({ dir, env: { ...env, ...stack.env() }, url, signal })) },
    ],
    {
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false, showErrorMessage: false },
      fallbackRendererOptions: { timer: PRESET_TIMER },
    },
  );
  await tasks.run();
  return app!;
}

function serverTask({ title, run }: Step) {
  return {
    title,
    task: async (_: unknown, task: { title: string; output: string }) => {
      const result = await run((text) => (task.output = text));
      if (result) task.title = `${title}: ${result}`;
    },
  };
}

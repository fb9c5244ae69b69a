import { Listr, PRESET_TIMER, type ListrTask } from 'listr2';
import type { Server } from '../supervise/server.ts';
import { startApp } from './app.ts';
import { applyMigrations, createMissingTopics } from './preparation.ts';
import type { Step } from './stack-steps.ts';
import type { Stack } from './stack.ts';

export interface BringUp {
  stack: Stack;
  dir: string;
  env: NodeJS.ProcessEnv;
  url: string;
  signal: AbortSignal;
}

/** Starts and prepares the servers, then starts the app. Prints each step with its time. */
export async function bringUp({ stack, dir, env, url, signal }: BringUp): Promise<Server> {
  const failure = Promise.withResolvers<never>();
  const show = listrTask(failure.reject);
  let app: Server | undefined;
  const tasks: ListrTask[] = [
    { title: 'Servers', task: (_, task) => task.newListr(stack.steps.map(show), { concurrent: true }) },
    show({ title: 'Databases and topics', run: () => prepare(stack.env()) }),
    show({
      title: 'The app, all roles',
      run: async () => {
        app = await startApp({ dir, env: { ...env, ...stack.env() }, url, signal });
        return undefined;
      },
    }),
  ];
  const list = new Listr(tasks, {
    registerSignalListeners: false,
    rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
  });
  await Promise.race([list.run().catch(() => failure.promise), failure.promise]);
  return app!;
}

async function prepare(env: Record<string, string>): Promise<string> {
  const [migrations, topics] = await Promise.all([applyMigrations(env), createMissingTopics(env)]);
  return `${migrations.length} migrations applied, ${topics.length} topics created`;
}

/** Errors are too long for the list. So the list says "see below", and the caller prints the error. */
function listrTask(onFailure: (error: unknown) => void): (step: Step) => ListrTask {
  return ({ title, run }) => ({
    title,
    async task(_, task) {
      try {
        const result = await run((text) => (task.output = text));
        if (result) task.title = `${title}: ${result}`;
      } catch (error) {
        onFailure(error);
        const isInterrupted = (error as Error).name === 'AbortError';
        throw new Error(isInterrupted ? 'not finished' : 'see below', { cause: error });
      }
    },
  });
}

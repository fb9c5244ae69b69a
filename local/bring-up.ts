import { Listr, PRESET_TIMER } from 'listr2';
import type { ListrTask } from 'listr2';
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
  const failure = Promise.withResolvers<never>();
  const show = shownStep(failure.reject);
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
  return `${migrations.length} migrations applied, ${topics.length} topics made`;
}

/** A step as the list shows it. What went wrong with it takes more room than the list has, so it is told at the end. */
function shownStep(onFailure: (error: unknown) => void): (step: Step) => ListrTask {
  return ({ title, run }) => ({
    title,
    async task(_, task) {
      try {
        const result = await run((text) => (task.output = text));
        if (result) task.title = `${title}: ${result}`;
      } catch (error) {
        onFailure(error);
        const isOurEnding = (error as Error).name === 'AbortError';
        throw new Error(isOurEnding ? 'not finished' : 'see below', { cause: error });
      }
    },
  });
}

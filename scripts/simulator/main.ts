import { loadScenario, UnreadableScenario } from '../../simulator/scenario/load.ts';
import { WrongUsage } from '../command-line.ts';
import { pathOfScenario } from '../start/scenario-files.ts';
import { parseSimulatorArguments, type SimulatorArguments, usage } from './arguments.ts';
import { invitation } from './invitation.ts';
import { openServer, PortTaken } from './server.ts';

/** `npm run simulator` with these arguments; answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const args = parseSimulatorArguments(argv);
    if (args.help) console.log(usage);
    else await serve(args);
    return 0;
  } catch (error) {
    if (error instanceof PortTaken) {
      console.error(error.message);
      return 1;
    }
    if (!(error instanceof WrongUsage || error instanceof UnreadableScenario)) throw error;
    console.error(`${error.message}\n\nnpm run simulator -- --help says what can be asked for.`);
    return 2;
  }
}

/** Serves the account until somebody ends this process. */
async function serve({ scenario: nameOrFile, port, speed, seed }: SimulatorArguments): Promise<void> {
  const asked = endAsked();
  const scenario = await loadScenario(await pathOfScenario(nameOrFile));
  const server = await openServer(scenario, { port, speed, seed, tell: (line) => console.error(line) });
  try {
    console.log(JSON.stringify(server.document));
    console.error(invitation(server.document, scenario).join('\n'));
    await Promise.race([asked, server.stopped]);
  } finally {
    await server.close();
  }
}

/** Ctrl-C, or a polite request to end. A second one ends at once. */
function endAsked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

import { listingRowLines, resultLines, totalsLine, totalsOf } from '../report.ts';
import type { Result } from '../run-suite.ts';
import { checks } from './checks.ts';
import type { ClusterEndpoint } from './endpoint.ts';
import { runKubernetes } from './run.ts';

export type KubernetesArguments = { readonly list: boolean; readonly json: boolean; readonly only: string };

/** Holds an API server to Kubernetes' own documentation and prints how it went; answers the exit status. */
export async function holdKubernetes(
  open: () => Promise<ClusterEndpoint>,
  { list, json, only }: KubernetesArguments,
  print: (line: string) => void,
): Promise<number> {
  const isChosen = ({ name }: { readonly name: string }) => name.includes(only);
  if (list) {
    const rows = checks.filter(isChosen).map(({ name, source, needsMinutes }) => ({
      ...{ service: 'kubernetes', check: name, source, changes: true },
      needs: needsMinutes === undefined ? [] : [`a cluster older than ${needsMinutes} minutes`],
    }));
    print(json ? JSON.stringify(rows, null, 2) : listingRowLines(rows).join('\n'));
    return 0;
  }
  const onResult = (result: Result) => {
    if (!json) for (const line of resultLines(result)) print(line);
  };
  const results = await runKubernetes({ endpoint: await open(), isChosen, onResult });
  const totals = totalsOf(results);
  print(json ? JSON.stringify({ totals, results }, null, 2) : totalsLine(totals));
  return totals.failed === 0 ? 0 : 1;
}

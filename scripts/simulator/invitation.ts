import type { Scenario } from '../../simulator/scenario/schema.ts';
import type { ServerDocument } from './server.ts';

/** For the person at the terminal: how to point clients at the account, and what to try first. */
export function invitation({ endpoint, region, credentials, clusters }: ServerDocument, scenario: Scenario): string[] {
  const { accountId, name, images } = scenario;
  const image = images.at(-1);
  const machine = `arn:aws:states:${region}:${accountId}:stateMachine:reglaze-live-patch-fleet`;
  const imageArn = `arn:aws:imagebuilder:${region}:${accountId}:image/${image?.name}/${image?.version}`;
  const [cluster] = clusters;
  return [
    '',
    `The account of the scenario ${name} is open until Ctrl-C. In another terminal:`,
    '',
    `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region}`,
    `  export AWS_ACCESS_KEY_ID=${credentials.accessKeyId}`,
    `  export AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
    `  export KUBECONFIG=${clusters.map(({ kubeconfig }) => kubeconfig).join(':')}`,
    '',
    '  aws autoscaling describe-auto-scaling-groups',
    `  kubectl --context ${cluster?.name} get nodes`,
    `  aws stepfunctions start-execution --state-machine-arn ${machine} \\`,
    `    --input '{"imageArn":"${imageArn}"}'`,
    '',
    'AWS CLIs older than 2.13 take no AWS_ENDPOINT_URL: give them --endpoint-url. docs/simulator.md has more to try.',
    '',
  ];
}

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';

export type ClusterAccess = {
  readonly name: string;
  /** URL of the Kubernetes API. */
  readonly endpoint: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/**
 * What `aws eks update-kubeconfig` writes for a cluster, and the keys that it takes from a profile otherwise.
 *
 * @param hasAwsCli Whether kubectl can call `aws eks get-token`; otherwise `token.ts` does the same.
 */
export function kubeconfigOf(access: ClusterAccess, hasAwsCli = isOnPath('aws')): string {
  const { name, endpoint, certificateAuthority, region, credentials } = access;
  const data = Buffer.from(certificateAuthority).toString('base64');
  const env = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    ...(hasAwsCli ? awsCli(name, region) : ownScript(name)),
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    interactiveMode: 'Never',
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': data } }],
    users: [{ name, user: { exec } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

const awsCli = (name: string, region: string) => ({
  command: 'aws',
  args: ['--region', region, 'eks', 'get-token', '--cluster-name', name, '--output', 'json'],
});

const ownScript = (name: string) => ({
  command: process.execPath,
  args: [join(import.meta.dirname, 'token.ts'), name],
});

function isOnPath(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

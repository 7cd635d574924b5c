import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { selfSignedCertificate } from '../support/certificate.ts';

export const roleArn = 'arn:aws:iam::111122223333:role/reglaze-reader';
export const eks = mockClient(EKSClient);
export const sts = mockClient(STSClient);

/** Lets the reader role be assumed for so many minutes. */
export const assumeRole = (minutes: number) =>
  sts.on(AssumeRoleCommand).callsFake(() => ({
    Credentials: {
      AccessKeyId: 'ASIAEXAMPLE',
      SecretAccessKey: 'secret',
      SessionToken: 'session',
      Expiration: new Date(Date.now() + minutes * 60_000),
    },
  }));

/** An API server on a port of its own, with a certificate of its own. */
export async function serveCluster(listener: RequestListener) {
  const certificate = await selfSignedCertificate('127.0.0.1');
  const server = createServer(certificate, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
    /** Makes EKS and STS lead to it, under any name. */
    announce: () => {
      eks.reset();
      sts.reset();
      assumeRole(60);
      const data = Buffer.from(certificate.cert).toString('base64');
      eks
        .on(DescribeClusterCommand)
        .callsFake(({ name }) => ({ cluster: { name, endpoint, certificateAuthority: { data } } }));
    },
  };
}

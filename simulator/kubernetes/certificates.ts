// The certificate library finds its parsers through reflection metadata and must be loaded after this.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** What a cluster's HTTPS port needs, and what its clients verify it with. All PEM. */
export type ClusterCertificates = {
  readonly certificateAuthority: string;
  /** Makes a server certificate, which costs a while and which nobody needs where no port is opened. */
  readonly issueServerCertificate: () => Promise<ServerCertificate>;
};

export type ServerCertificate = { readonly key: string; readonly cert: string };

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const tenYears = 10 * 365 * 24 * 3_600_000;
const issuer = 'CN=kubernetes';

/**
 * A certificate authority of the cluster's own, which issues server certificates for 127.0.0.1 and localhost.
 *
 * Keys are random: call it before a run starts. Nothing of them may reach what two runs are compared by.
 *
 * @param validAt A moment at which they are valid, in milliseconds since the epoch; they last ten years around it.
 */
export async function createCertificates(cluster: string, validAt: number): Promise<ClusterCertificates> {
  const authorityKeys = await generateKeys();
  const validity = { notBefore: new Date(validAt - tenYears), notAfter: new Date(validAt + tenYears) };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: issuer,
    serialNumber: '01',
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  return {
    certificateAuthority: authority.toString('pem'),
    issueServerCertificate: () => issueServerCertificate(cluster, authorityKeys, validity),
  };
}

type Validity = { readonly notBefore: Date; readonly notAfter: Date };

async function issueServerCertificate(
  cluster: string,
  authorityKeys: CryptoKeyPair,
  validity: Validity,
): Promise<ServerCertificate> {
  const serverKeys = await generateKeys();
  const server = await x509.X509CertificateGenerator.create({
    ...validity,
    issuer,
    subject: `CN=kube-apiserver-${cluster}`,
    serialNumber: '02',
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: 'kubernetes.default.svc' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  return { key: await privateKeyPem(serverKeys.privateKey), cert: server.toString('pem') };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

type CryptoKey = webcrypto.CryptoKey;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

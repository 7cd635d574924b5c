import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { AwsUnavailable } from '../domain/errors.ts';

/** How long CloudFormation's bucket may take to answer. */
const patienceMs = 20_000;

/**
 * Puts an answer to the URL that CloudFormation waits at. The URL is signed, and stands for S3; like the SDK's clients it
 * goes without TLS where the endpoint of AWS does.
 *
 * @throws {AwsUnavailable} It was not taken. Lambda tries the whole event again.
 */
export async function answerStack(responseUrl: string, answer: object): Promise<void> {
  const url = new URL(responseUrl);
  const body = JSON.stringify(answer);
  // CloudFormation signs the URL for a request without a content type.
  const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
  const status = await new Promise<number>((resolve, reject) => {
    const open = url.protocol === 'http:' ? plainRequest : request;
    const outgoing = open(url, { method: 'PUT', headers, timeout: patienceMs }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${patienceMs} milliseconds`)));
    outgoing.on('error', (cause) => {
      reject(new AwsUnavailable(`CloudFormation could not be told: ${cause.message}`, { cause }));
    });
    outgoing.end(body);
  });
  if (status !== 200) throw new AwsUnavailable(`CloudFormation could not be told: HTTP ${status} from ${url.host}`);
}

import { STSClient } from '@aws-sdk/client-sts';

/**
 * Puts the credentials and the Region that the caller's AWS tools would use into the environment, where the adapters look
 * for them, as they do in a function. Credentials that end are good for the minutes that this takes.
 */
export async function adoptCaller(region: string | undefined): Promise<void> {
  const { config } = new STSClient(region === undefined ? {} : { region });
  process.env.AWS_REGION = await config.region();
  const { accessKeyId, secretAccessKey, sessionToken } = await config.credentials();
  process.env.AWS_ACCESS_KEY_ID = accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
  if (sessionToken === undefined) delete process.env.AWS_SESSION_TOKEN;
  else process.env.AWS_SESSION_TOKEN = sessionToken;
}

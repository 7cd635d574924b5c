import { fromEnv } from '@aws-sdk/credential-provider-env';

/** True when the environment asks for it, as AWS tools read such variables. */
const isOn = (variable: string): boolean => process.env[variable]?.toLowerCase() === 'true';

/**
 * What every client is made with: Lambda's own environment, and the SDK's defaults.
 *
 * A client that is told nothing looks for each of these in the environment, in files that no function has, and then
 * takes the default, once per client and cold start. With `cacheMiddleware` it puts its steps together once per
 * operation instead of once per call; nothing here changes them afterwards.
 */
export const clientSettings = () => ({
  region: async () => process.env.AWS_REGION ?? '',
  credentials: fromEnv(),
  cacheMiddleware: true,
  defaultsMode: 'legacy' as const,
  retryMode: 'standard' as const,
  maxAttempts: 3,
  authSchemePreference: [],
  userAgentAppId: 'reglaze',
  useFipsEndpoint: isOn('AWS_USE_FIPS_ENDPOINT'),
  useDualstackEndpoint: isOn('AWS_USE_DUALSTACK_ENDPOINT'),
});

/**
 * Imported first by tests that run handlers: an environment as the stack gives it, in which every AWS call ends at a
 * closed port of this machine, and no log lines, which are not what is tested.
 */
Object.assign(process.env, {
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_SERVICE_NAME: 'reglaze',
  AWS_REGION: 'us-west-2',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_MAX_ATTEMPTS: '1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  RUN_BUCKET: 'reglaze-runs',
  TOPIC_ARN: 'arn:aws:sns:us-west-2:111122223333:reglaze',
  READER_ROLE_ARN: 'arn:aws:iam::111122223333:role/reglaze-reader',
  MOVER_ROLE_ARN: 'arn:aws:iam::111122223333:role/reglaze-mover',
  PATCH_FLEET_ARN: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-patch-fleet',
  ROLL_NODE_GROUP_ARN: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-roll-node-group',
  ADMIT_NODE_ARN: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-admit-node',
  DRAIN_NODE_ARN: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-drain-node',
  SMOKE_TEST_ADDRESSES: '',
  SMOKE_TEST_REPOSITORY: 'mcr.microsoft.com/windows/servercore',
  SETTLE_ARN: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-settle',
});

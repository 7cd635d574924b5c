const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');

/** One role per function: what its line in function-rights.yml says, its own log streams, and its traces. */
module.exports = async ({ resolveVariable }) => {
  const name = await resolveVariable('self:custom.name');
  const { rights } = parse(readFileSync(join(__dirname, 'function-rights.yml'), 'utf8'));

  const Resources = {};
  for (const [functionKey, statements] of Object.entries(rights)) {
    const functionName = `${name}-${kebab(functionKey)}`;
    Resources[`${functionKey[0].toUpperCase()}${functionKey.slice(1)}Role`] = {
      Type: 'AWS::IAM::Role',
      Properties: {
        Description: `What ${functionName} may do`,
        AssumeRolePolicyDocument: document([
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ]),
        Policies: [
          {
            PolicyName: kebab(functionKey),
            PolicyDocument: document([writeOwnLog(functionName), sendTraces, ...structuredClone(statements)]),
          },
        ],
      },
    };
  }
  return { Resources };
};

const document = (Statement) => ({ Version: '2012-10-17', Statement });

const kebab = (camelCase) => camelCase.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const writeOwnLog = (functionName) => ({
  Sid: 'WriteOwnLog',
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: {
    'Fn::Sub': `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${functionName}:*`,
  },
});

const sendTraces = {
  Sid: 'SendTraces',
  Effect: 'Allow',
  Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
  Resource: '*',
};

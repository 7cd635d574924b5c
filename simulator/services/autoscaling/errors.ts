import { ServiceError } from '../../kernel/service.ts';

/** The code that Auto Scaling gives most refusals, with the reason only in the text. */
export function validationError(message: string): ServiceError {
  return new ServiceError('ValidationError', message, { status: 400 });
}

/** The wording is an observation (facts of instance refresh), not a documented promise. */
export function groupNotFound(): ServiceError {
  return validationError('AutoScalingGroup name not found - null');
}

export function instanceNotManaged(instanceId: string): ServiceError {
  return validationError(`Instance Id not found - No managed instance found for instance ID ${instanceId}`);
}

export function invalidNextToken(): ServiceError {
  return new ServiceError('InvalidNextToken', 'The NextToken value is not valid.', { status: 400 });
}

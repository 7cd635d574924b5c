/** A policy that AWS would refuse, or that says something this account cannot judge. */
export class PolicyError extends Error {
  override readonly name = 'MalformedPolicyDocument';
}

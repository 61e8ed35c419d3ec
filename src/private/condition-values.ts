import { IResolvable, Token } from 'aws-cdk-lib';

/**
 * The values of a condition, which are only complete when the template is written.
 *
 * Read each time: a statement takes no more conditions once its policy was rendered, as a test or an aspect may do between two changes.
 *
 * CDK merges statements whose conditions are equal as JSON (`@aws-cdk/aws-iam:minimizePolicies`). A lazy token is `<unresolved-lazy>`
 * there whatever it holds, and the merged statement keeps the conditions of the first; so each of these is JSON of its own.
 */
export class ConditionValues implements IResolvable {
  private static made = 0;

  public readonly creationStack = [];
  private readonly id = ConditionValues.made++;

  constructor(private readonly read: () => string | string[]) {}

  public resolve(): string | string[] {
    return this.read();
  }

  public toString(): string {
    return Token.asString(this);
  }

  public toJSON(): string {
    return `condition values ${this.id}`;
  }
}

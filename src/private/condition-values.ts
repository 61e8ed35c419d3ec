import { IResolvable, Token } from 'aws-cdk-lib';

/**
 * The values of a condition, or the keys and values of an operator, which are only complete when the template is written.
 *
 * They are read each time: a statement accepts no more conditions after its policy was rendered, which a test or an aspect can do between two changes.
 *
 * CDK merges statements whose conditions are equal as JSON (`@aws-cdk/aws-iam:minimizePolicies`). A lazy token is `<unresolved-lazy>`
 * there for every value, and the merged statement keeps the conditions of the first. So each of these has its own JSON.
 */
export class ConditionValues implements IResolvable {
  private static made = 0;

  public readonly creationStack = [];
  private readonly id = ConditionValues.made++;

  constructor(private readonly read: () => string | string[] | Record<string, string[]>) {}

  public resolve(): string | string[] | Record<string, string[]> {
    return this.read();
  }

  public toString(): string {
    return Token.asString(this);
  }

  public toJSON(): string {
    return `condition values ${this.id}`;
  }
}

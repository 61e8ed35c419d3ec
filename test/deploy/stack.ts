import { DescribeStackResourcesCommand, DescribeStacksCommand, StackResource } from '@aws-sdk/client-cloudformation';
import { Assembly } from './assembly';
import { Engine, REGION } from './engine';
import { ResolvedTemplate } from '../support/resolver';

/** A stack as the engine has it, and its template with the names that the engine gave. */
export class DeployedStack {
  public static async of(engine: Engine, assembly: Assembly): Promise<DeployedStack> {
    const StackName = assembly.stackName;
    const { Stacks: [{ StackId }] = [] } = await engine.cloudFormation.send(new DescribeStacksCommand({ StackName }));
    const { StackResources = [] } = await engine.cloudFormation.send(new DescribeStackResourcesCommand({ StackName }));
    const [,,,, account] = StackId!.split(':');
    const named = StackResources.filter(({ PhysicalResourceId }) => PhysicalResourceId);
    return new DeployedStack(StackResources, new ResolvedTemplate(assembly.template, {
      account,
      region: REGION,
      stackName: StackName,
      stackId: StackId,
      // The physical id of a queue is its URL, that of a topic or a managed policy its ARN.
      names: new Map(named.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId!, PhysicalResourceId!.split(/[/:]/).pop()!])),
    }), assembly);
  }

  private constructor(
    public readonly resources: readonly StackResource[],
    public readonly template: ResolvedTemplate,
    private readonly assembly: Assembly,
  ) {}

  /** What `Ref` gives for the resource whose logical id is this name and a hash: the URL of a queue, the ARN of a topic. */
  public id(name: string): string {
    return this.physicalId(this.assembly.idOf(name));
  }

  public arn(name: string): string {
    return this.template.arnOf(this.assembly.idOf(name));
  }

  public physicalId(logicalId: string): string {
    const found = this.resources.find(({ LogicalResourceId }) => LogicalResourceId === logicalId)?.PhysicalResourceId;
    if (!found) throw new Error(`${logicalId} has not been created`);
    return found;
  }
}

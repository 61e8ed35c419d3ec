import { IResource, Stack, Stage } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { canRefer } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { refersElsewhere } from '../../private/references';

/** The prop that names a resource, and what imports it by its name or ARN. */
const NAMED = {
  'bucket': { prop: 'bucketName', importer: 's3.Bucket.fromBucketName()' },
  'stream': { prop: 'streamName', importer: 'kinesis.Stream.fromStreamArn()' },
  'log group': { prop: 'logGroupName', importer: 'logs.LogGroup.fromLogGroupName()' },
  'function': { prop: 'functionName', importer: 'lambda.Function.fromFunctionArn()' },
};

/** The CDK refers to a resource of another account or Region by its name, and to none of another stage. */
export function reachableProblems(scope: Construct, what: keyof typeof NAMED, resource: IResource, arn: string): Problem[] {
  const own = Stack.of(scope);
  const { prop, importer } = NAMED[what];
  const isOfOtherStage = Stage.of(resource) !== Stage.of(scope) && Stack.of(resource).environment === own.environment;
  return [
    ...unless(canRefer(own, resource, arn), () => ({
      prop: '',
      got: `a ${what} of another account or Region, whose name is only known at deployment`,
      allowed: `there, a ${what} with a name`,
      fix: `Specify a ${prop} for the ${what}, such as PhysicalName.GENERATE_IF_NEEDED.`,
    })),
    ...unless(!isOfOtherStage || !refersElsewhere(arn, own), () => ({
      prop: '',
      got: `the ${what} '${resource.node.path}' of another stage`,
      allowed: `a ${what} of the same stage, or an imported one`,
      fix: `The CDK has no references across stages: specify a ${prop} for the ${what}, and import it here with ${importer}.`,
    })),
  ];
}

/** What is known only at deployment cannot be referred to from another stage. */
export function checkSameStage(scope: Construct, key: kms.IKey): Problem[] {
  return unless(!kms.CfnKey.isCfnKey(key.node.defaultChild) || Stage.of(key) === Stage.of(scope), () => ({
    prop: '',
    got: 'a key of another stage, whose ARN is only known at deployment',
    allowed: 'there, a key with a known ARN',
    fix: 'Import it by its ARN with kms.Key.fromKeyArn().',
  }));
}

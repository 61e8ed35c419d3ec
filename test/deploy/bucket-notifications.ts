import assert from 'node:assert/strict';
import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { Assembly } from './assembly';
import { Engine } from './engine';
import { DeployedStack } from './stack';
import { WrittenTemplate } from '../support/written';

const CUSTOM_RESOURCE = 'Custom::S3BucketNotifications';

/** Takes out the custom resource by which the CDK configures a bucket, and its function, which the engines cannot run. */
export function withoutBucketNotifications({ Resources }: WrittenTemplate): void {
  const ids = Object.keys(Resources).filter(id => [CUSTOM_RESOURCE, 'AWS::Lambda::Function'].includes(Resources[id].Type));
  assert.equal(ids.length, 2);
  ids.forEach(id => delete Resources[id]);
}

/** Does what that function does: configures the bucket as the template of the example says. */
export async function configureBucketNotifications(engine: Engine, stack: DeployedStack, example: string): Promise<void> {
  const assembly = new Assembly(example);
  const { Resources } = assembly.template;
  assembly.delete();
  const [{ Properties }] = Object.values(Resources).filter(({ Type }) => Type === CUSTOM_RESOURCE);
  await engine.s3.send(new PutBucketNotificationConfigurationCommand({
    Bucket: stack.physicalId(Properties.BucketName.Ref), NotificationConfiguration: Properties.NotificationConfiguration,
  }));
}

import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { Assembly } from './assembly';
import { Engine } from './engine';
import { DeployedStack } from './stack';

const CUSTOM_RESOURCE = 'Custom::S3BucketNotifications';

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

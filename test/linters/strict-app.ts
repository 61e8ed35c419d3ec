import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Encryption } from 'cdk-decouple/access';
import { DeliveryBucket, DeliveryLogging, FirehoseStream, S3Destination, ServerAccessLogs, SourceBackup } from 'cdk-decouple/delivery';
import { WorkQueue } from 'cdk-decouple/queues';
import { Ec2Workers, FargateWorkers, QueueScaling, WorkerCommand } from 'cdk-decouple/workers';

// Every prop that exceptions.ts names. scripts/linters.ts checks that the rules are satisfied here; nobody deploys this.
const app = new App();

const compute = new Stack(app, 'Compute');
const key = new kms.Key(compute, 'Key', { enableKeyRotation: true });
key.addToResourcePolicy(new iam.PolicyStatement({
  effect: iam.Effect.DENY,
  principals: [new iam.AnyPrincipal()],
  actions: ['kms:CreateGrant'],
  resources: ['*'],
  conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
}));
const vpc = new ec2.Vpc(compute, 'Network', { maxAzs: 2 });
const queue = new WorkQueue(compute, 'Jobs', { encryption: Encryption.customerManaged(key) });
new Ec2Workers(compute, 'Workers', {
  vpc,
  queue,
  scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 }),
  userData: ec2.UserData.custom('#!/bin/bash\n/opt/worker &'),
  instanceTypes: [new ec2.InstanceType('c6g.large'), new ec2.InstanceType('m6g.large')],
  detailedMonitoring: true,
  sessionManager: false,
});
new FargateWorkers(compute, 'Tasks', {
  vpc,
  queue,
  scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 }),
  command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('public.ecr.aws/images/worker:1')),
  logGroup: new logs.LogGroup(compute, 'Logs', { encryptionKey: key, retention: logs.RetentionDays.ONE_YEAR }),
});

const created = new Stack(app, 'CreatedBuckets');
const bucket = (id: string) => DeliveryBucket.create({
  encryption: Encryption.customerManaged(),
  serverAccessLogs: ServerAccessLogs.to(s3.Bucket.fromBucketName(created, id, 'logs')),
});
new FirehoseStream(created, 'Clicks', {
  destination: new S3Destination({ bucket: bucket('Logs'), backup: SourceBackup.allRecords({ bucket: bucket('BackupLogs') }) }),
  logging: DeliveryLogging.create({ encryption: Encryption.customerManaged(), retention: logs.RetentionDays.ONE_YEAR }),
});

const own = new Stack(app, 'OwnBuckets');
const props: s3.BucketProps = { versioned: true, objectLockEnabled: true };
new FirehoseStream(own, 'Clicks', {
  destination: new S3Destination({
    bucket: DeliveryBucket.existing(new s3.Bucket(own, 'Destination', props)),
    backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing(new s3.Bucket(own, 'Backup', props)) }),
  }),
});

app.synth();

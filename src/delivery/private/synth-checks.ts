import { CfnResource } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { EncryptedParts, checkWrittenKeys } from './written-keys';
import { Problem, checkWhenWritten, unless } from '../../private/problems';
import { writtenProperties } from '../../private/written';

/** Checks what aspects, property injectors and overrides make of the delivery, which is known when the template is written. */
export function checkAtSynth(scope: Construct, deliveryStream: firehose.DeliveryStream, parts: EncryptedParts): void {
  checkWhenWritten(scope, 'FirehoseStream', () => [
    ...checkEncryption(writtenProperties(deliveryStream.node.defaultChild as CfnResource)),
    ...checkWrittenKeys(scope, parts),
  ]);
}

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_CreateDeliveryStream.html: encryption is for a stream that producers put into. */
function checkEncryption(properties: Record<string, unknown>): Problem[] {
  const { DeliveryStreamEncryptionConfigurationInput: encryption, KinesisStreamSourceConfiguration: source } = properties;
  // An intrinsic function may leave nothing: `Ref` of `AWS::NoValue`, or a branch of `Fn::If`.
  const isKnown = typeof encryption === 'object' && encryption !== null && !Object.keys(encryption).some(key => key === 'Ref' || key.startsWith('Fn::'));
  return unless(!isKnown || source === undefined, () => ({
    prop: 'deliveryStreamEncryptionConfigurationInput',
    got: 'encryption of the delivery stream itself, by an aspect, a property injector or an override',
    allowed: 'none with a Kinesis data stream as the source',
    fix: 'Firehose refuses it. Encrypt the data stream: KinesisSource.create({ encryption: Encryption.customerManaged() }).',
  }));
}

import { Aspects, Fn, IAspect, IPropertyInjector, Lazy, PropertyInjectors } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { newStack, refusedAtSynthesis } from './support';
import { FirehoseStream } from '../../src/delivery';
import { readError } from '../support/problems';
import { s3Stream } from '../support/s3-stream';
import { synth } from '../support/template';

const PROP = 'deliveryStreamEncryptionConfigurationInput';
const OWNED = { keyType: 'AWS_OWNED_CMK' };
const resource = (delivery: FirehoseStream) => delivery.node.defaultChild as firehose.CfnDeliveryStream;

const encrypting: IAspect = {
  visit: node => { if (node instanceof firehose.CfnDeliveryStream) node.deliveryStreamEncryptionConfigurationInput = OWNED; },
};

/** What the organization or the user changes after the construct is made. */
const refused: [string, (delivery: FirehoseStream) => void][] = [
  ['an aspect', delivery => Aspects.of(delivery).add(encrypting)],
  ['a value of the L1', delivery => { resource(delivery).deliveryStreamEncryptionConfigurationInput = { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: 'arn:aws:kms:eu-west-1:111111111111:key/x' }; }],
  ['a token', delivery => { resource(delivery).deliveryStreamEncryptionConfigurationInput = Lazy.any({ produce: () => OWNED }); }],
  ['a property override', delivery => resource(delivery).addPropertyOverride('DeliveryStreamEncryptionConfigurationInput.KeyType', 'AWS_OWNED_CMK')],
  ['an override', delivery => resource(delivery).addOverride('Properties.DeliveryStreamEncryptionConfigurationInput', { KeyType: 'AWS_OWNED_CMK' })],
];

describe('encryption of a delivery stream with a Kinesis source', () => {
  test.each(refused)('by %s is refused when the template is written', (_, change) => {
    const stack = newStack();
    change(s3Stream(stack, 'Clicks'));
    expect(() => synth(stack)).toThrow(PROP);
  });

  test('by a property injector that changes what is made is refused', () => {
    const stack = newStack();
    const injector: IPropertyInjector = {
      constructUniqueId: firehose.DeliveryStream.PROPERTY_INJECTION_ID,
      inject: (props, { scope }) => {
        Aspects.of(scope).add(encrypting);
        return props;
      },
    };
    PropertyInjectors.of(stack).add(injector);
    s3Stream(stack, 'Clicks');
    expect(() => synth(stack)).toThrow(PROP);
  });

  test('is said of each delivery that has it, and of no other', () => {
    const stack = newStack();
    const deliveries = ['Clicks', 'Views', 'Logins'].map(id => s3Stream(stack, id));
    deliveries.slice(0, 2).forEach(delivery => resource(delivery).addPropertyOverride('DeliveryStreamEncryptionConfigurationInput', { KeyType: 'AWS_OWNED_CMK' }));
    expect(deliveries.map(delivery => refusedAtSynthesis(delivery).map(({ prop }) => prop))).toEqual([[PROP], [PROP], []]);
    expect(readError(deliveries[1].node.validate()[0])).toMatchObject({ construct: 'FirehoseStream', path: 'Stack/Views' });
  });

  test.each<[string, (delivery: FirehoseStream) => void]>([
    ['that an override deletes', delivery => {
      resource(delivery).deliveryStreamEncryptionConfigurationInput = OWNED;
      resource(delivery).addPropertyDeletionOverride('DeliveryStreamEncryptionConfigurationInput');
    }],
    ['that resolves to nothing', delivery => { resource(delivery).deliveryStreamEncryptionConfigurationInput = Lazy.any({ produce: () => undefined }); }],
    ['that only the deployment knows', delivery => {
      resource(delivery).deliveryStreamEncryptionConfigurationInput = Fn.conditionIf('Encrypts', OWNED, { Ref: 'AWS::NoValue' });
    }],
    ['beside another source, by overrides', delivery => {
      resource(delivery).deliveryStreamEncryptionConfigurationInput = OWNED;
      resource(delivery).deliveryStreamType = 'DirectPut';
      resource(delivery).addPropertyDeletionOverride('KinesisStreamSourceConfiguration');
    }],
  ])('%s is left alone', (_, change) => {
    const stack = newStack();
    const delivery = s3Stream(stack, 'Clicks');
    change(delivery);
    expect(refusedAtSynthesis(delivery)).toEqual([]);
  });
});

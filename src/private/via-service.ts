import { Aws, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';

/**
 * The values of `kms:ViaService` for a service.
 *
 * Both `amazonaws.com` and the suffix of the partition, unless they are known to be equal: the documentation of the condition key does not say which one
 * is used in the China Regions and in isolated Regions.
 */
export function viaService(service: string, region: string): string | string[] {
  const global = `${service}.${region}.amazonaws.com`;
  const partition = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).partition;
  return partition === 'aws' || partition === 'aws-us-gov' ? global : [global, `${service}.${region}.${Aws.URL_SUFFIX}`];
}

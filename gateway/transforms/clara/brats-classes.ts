/** Which labels of BraTS make up each class: tumour core, whole tumour, enhancing tumour (`transforms.md` §4.6). */
export const BRATS_CLASSES: readonly (readonly number[])[] = [[1, 4], [1, 2, 4], [4]];

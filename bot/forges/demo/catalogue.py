"""The models that the demo's pages are about, described in words of our own; every figure is made up."""

from __future__ import annotations

from bot.forges.demo.models import Model
from bot.forges.demo.pages import Card

KILOBYTE, MEGABYTE = 1_000, 1_000_000

LENET = Card(
    name="lenet",
    dataset="mnist",
    area="cv",
    kind="classification",
    metric="acc98.7",
    family="lenet",
    summary="lenet reads handwritten digits from small grey images",
    about="LeNet is the small convolutional network with which most people begin: two convolutions, "
    "two poolings and three dense layers that tell the ten digits apart.",
    paper="LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998.",
    model=Model("lenet", 240 * KILOBYTE),
)

GOOGLENET = Card(
    name="googlenet",
    dataset="cifar10",
    area="cv",
    kind="classification",
    metric="acc92.4",
    family="googlenet",
    summary="googlenet sorts small colour photographs into ten classes",
    about="GoogLeNet looks at an image through filters of several sizes at once and joins what they see. "
    "This checkpoint was trained on the ten classes of CIFAR-10, on eight devices.",
    paper="Szegedy et al., Going Deeper with Convolutions, 2015.",
    model=Model("googlenet", 22 * MEGABYTE),
)

RESNET50 = Card(
    name="resnet50",
    dataset="imagenet2012",
    area="cv",
    kind="classification",
    metric="acc76.8",
    family="resnet",
    summary="resnet50 classifies photographs into the thousand classes of ImageNet",
    about="ResNet-50 stacks fifty layers whose blocks learn a correction to their input, "
    "which keeps so deep a network trainable. It serves as the backbone of many detectors.",
    paper="He et al., Deep Residual Learning for Image Recognition, 2016.",
    model=Model("resnet50", 30 * MEGABYTE),
)

YOLOV5 = Card(
    name="yolov5s",
    dataset="coco2017",
    area="cv",
    kind="object_detection",
    metric="mAP37.2",
    family="yolov5",
    summary="yolov5s finds everyday objects in an image in one pass",
    about="YOLOv5s is the small member of a family of detectors that predict boxes and classes in one pass. "
    "It knows the eighty classes of COCO and is fast enough for video.",
    paper="Redmon et al., You Only Look Once: Unified, Real-Time Object Detection, 2016.",
    model=Model("yolov5s", 14 * MEGABYTE),
)

BERT = Card(
    name="bertbase",
    dataset="squad",
    area="nlp",
    kind="question_answering",
    metric="F1score88.1",
    family="bert",
    summary="bertbase answers a question by marking a passage of the text",
    about="BERT reads a sentence from both sides at once. This one was tuned on SQuAD: "
    "given a question and a paragraph it marks the words that answer the question.",
    paper="Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers, 2019.",
    model=Model("bertbase", 12 * MEGABYTE),
)

MOBILENET = Card(
    name="mobilenetv2",
    dataset="imagenet2012",
    area="cv",
    kind="classification",
    metric="acc71.9",
    family="mobilenetv2",
    summary="mobilenetv2 classifies images on telephones and other small devices",
    about="MobileNetV2 spends few multiplications: its blocks widen, filter each channel alone, "
    "and narrow again. It is meant for devices without a large accelerator.",
    paper="Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018.",
    model=Model("mobilenetv2, rebuilt", 9 * MEGABYTE),
)

DEEPLAB = Card(
    name="deeplabv3",
    dataset="voc2012",
    area="cv",
    kind="semantic_segmentation",
    metric="mIoU78.6",
    family="deeplabv3",
    summary="deeplabv3 says for each pixel of a photograph to which object it belongs",
    about="DeepLabV3 labels every pixel. Dilated convolutions let it see a wide neighbourhood "
    "without losing resolution. Trained on the twenty classes of PASCAL VOC 2012.",
    paper="Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation, 2017.",
    model=Model("deeplabv3", 11 * MEGABYTE),
)

ERNIE = Card(
    name="ernie",
    dataset="chnsenticorp",
    area="nlp",
    kind="sentiment_analysis",
    metric="acc95.2",
    family="ernie",
    summary="ernie tells praise from complaint in Chinese reviews",
    about="ERNIE learns words and names as wholes instead of single characters, which suits Chinese. "
    "This checkpoint was tuned on ChnSentiCorp, reviews of hotels, books and computers.",
    paper="Sun et al., ERNIE: Enhanced Representation through Knowledge Integration, 2019.",
    model=Model("ernie", 10 * MEGABYTE),
)

#: Network, family and made-up accuracy of the pages that one large pull request brings.
_SERIES = """\
alexnet alexnet 57.1
convnexttiny convnext 81.6
cspdarknet53 cspdarknet53 78.5
darknet53 darknet53 77.4
densenet121 densenet 75.3
densenet169 densenet 76.1
dpn92 dpn 79.4
efficientnetb0 efficientnet 77.2
efficientnetb1 efficientnet 78.7
efficientnetb2 efficientnet 79.9
ghostnet ghostnet 73.9
glore50 glore 78.3
hrnetw32 hrnet 78.8
inceptionv3 inceptionv3 78.1
inceptionv4 inceptionv4 80.2
mnasnet mnasnet 74.2
mobilenetv1 mobilenetv1 70.8
mobilenetv3 mobilenetv3 74.6
nasnetmobile nasnet 73.5
pnasnet pnasnet 74.3
proxylessnas proxylessnas 74.1
regnet regnet 76.2
repvgg repvgg 72.4
res2net50 res2net 79.0
resnest50 resnest 80.9
resnet18 resnet 70.3
resnet34 resnet 73.6
resnet101 resnet 78.2
resnet152 resnet 78.9
resnext50 resnext 78.4
seresnet50 senet 77.8
shufflenetv1 shufflenetv1 67.9
shufflenetv2 shufflenetv2 69.5
squeezenet squeezenet 58.4
swintiny swin 80.8
tinynet tinynet 77.1
vgg16 vgg 73.3
vgg19 vgg 74.0
vitbase vit 75.6
xception xception 79.1
"""

SERIES = tuple(
    Card(
        name=name,
        dataset="imagenet2012",
        area="cv",
        kind="classification",
        metric=f"acc{accuracy}",
        family=family,
        summary=f"{name} classifies photographs, {accuracy} of a hundred of ImageNet's rightly",
        about=f"{name} was trained again for version 1.10 with the settings that its directory describes. "
        f"It belongs to the {family} networks.",
        paper=f"The directory of {family} names the paper that the network comes from.",
        model=Model(name, (100 + 20 * number) * KILOBYTE),
        version="1.10",
    )
    for number, (name, family, accuracy) in enumerate(line.split() for line in _SERIES.splitlines())
)

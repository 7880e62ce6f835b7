// What PDFBox and BouncyCastle, Debian's, say of each signature and time-stamp of PDF files: one line each.
// java -cp … Agrees.java ROOT.pem FILE… prints « FILE<TAB>KIND<TAB>NAME<TAB>VERDICT », « valid » when all holds.

import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.*;
import java.util.*;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.Store;

public class Agrees {
    static X509Certificate root;

    public static void main(String[] given) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        try (InputStream in = new FileInputStream(given[0])) {
            root = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        for (String name : Arrays.asList(given).subList(1, given.length)) {
            byte[] file = Files.readAllBytes(Path.of(name));
            try (PDDocument document = PDDocument.load(file)) {
                for (PDSignature signature : document.getSignatureDictionaries()) {
                    String verdict;
                    try {
                        verdict = judge(signature, file);
                    } catch (Exception refusal) {
                        verdict = refusal.toString();
                    }
                    System.out.println(String.join("\t", new File(name).getName(), signature.getSubFilter(),
                            String.valueOf(signature.getName()), verdict));
                }
            }
        }
    }

    static String judge(PDSignature signature, byte[] file) throws Exception {
        byte[] contents = signature.getContents(file);
        byte[] covered = signature.getSignedContent(file);
        if ("ETSI.RFC3161".equals(signature.getSubFilter())) {
            return stamped(new TimeStampToken(new CMSSignedData(contents)), covered);
        }
        CMSSignedData data = new CMSSignedData(new CMSProcessableByteArray(covered), contents);
        SignerInformation signer = data.getSignerInfos().getSigners().iterator().next();
        X509CertificateHolder holder = of(data.getCertificates(), signer.getSID());
        if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder))) {
            return "the signature does not verify";
        }
        trusted(holder, data.getCertificates());
        var attribute = signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
        byte[] token = attribute.getAttrValues().getObjectAt(0).toASN1Primitive().getEncoded();
        return stamped(new TimeStampToken(new CMSSignedData(token)), signer.getSignature());
    }

    /** The token's own signature, its certificate's use and binding (RFC 3161, RFC 5816), and what it stamps. */
    static String stamped(TimeStampToken token, byte[] what) throws Exception {
        X509CertificateHolder holder = of(token.getCertificates(), token.getSID());
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(holder));
        trusted(holder, token.getCertificates());
        String algorithm = token.getTimeStampInfo().getMessageImprintAlgOID().getId();
        byte[] digest = MessageDigest.getInstance(algorithm, "BC").digest(what);
        boolean same = Arrays.equals(digest, token.getTimeStampInfo().getMessageImprintDigest());
        return same ? "valid" : "the time-stamp is of something else";
    }

    @SuppressWarnings({"rawtypes", "unchecked"})
    static X509CertificateHolder of(Store held, SignerId signer) {
        return (X509CertificateHolder) held.getMatches(signer).iterator().next();
    }

    /** A path to our root, of the certificates that the signature brings; revocation is others' to ask. */
    static void trusted(X509CertificateHolder holder, Store<X509CertificateHolder> held) throws Exception {
        JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
        List<Certificate> others = new ArrayList<>();
        for (X509CertificateHolder one : held.getMatches(null)) {
            others.add(converter.getCertificate(one));
        }
        X509CertSelector wanted = new X509CertSelector();
        wanted.setCertificate(converter.getCertificate(holder));
        PKIXBuilderParameters rules =
                new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), wanted);
        rules.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(others)));
        rules.setRevocationEnabled(false);
        CertPathBuilder.getInstance("PKIX", "BC").build(rules);
    }
}
